'use client'

import { useAuth } from '@clerk/nextjs'
import { useCallback, useEffect, useState, type FormEvent } from 'react'
import { Claims } from '@/components/claims'

const REREAD_MILLISECONDS = 1_000

/** The session token's claims, read again every second; a fresh one and one from a template on request. */
export function Token() {
  const { getToken, isSignedIn } = useAuth()
  const [token, setToken] = useState('')
  const [minted, setMinted] = useState('')

  const readToken = useCallback(
    async (skipCache = false) => setToken((await getToken({ skipCache })) ?? ''),
    [getToken],
  )
  const mint = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const template = String(new FormData(event.currentTarget).get('template'))
    setMinted(await getToken({ template }).then((value) => value ?? 'nothing', (error: Error) => error.message))
  }

  useEffect(() => {
    if (!isSignedIn) return
    const reread = () => void readToken().catch(() => setToken(''))
    reread()
    const timer = setInterval(reread, REREAD_MILLISECONDS)
    return () => clearInterval(timer)
  }, [isSignedIn, readToken])

  return (
    <section className="card" aria-labelledby="token">
      <h2 id="token">Session token</h2>
      {token ? <Claims claims={decodeClaims(token)} /> : <p>No token.</p>}
      <button className="primary" onClick={() => void readToken(true)}>
        Refresh the token
      </button>
      <form className="mint" onSubmit={(event) => void mint(event)}>
        <label htmlFor="template">JWT template</label>
        <input className="field" id="template" name="template" required autoComplete="off" />
        <button className="plain">Mint from the template</button>
        <output htmlFor="template" id="minted">
          {minted}
        </output>
      </form>
    </section>
  )
}

/** What a token says, to be shown only: whoever acts on claims verifies the token first. */
function decodeClaims(token: string): object {
  const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
  const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

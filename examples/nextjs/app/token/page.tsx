import { auth } from '@clerk/nextjs/server'
import type { Metadata } from 'next'
import { Claims } from '@/components/claims'

export const metadata: Metadata = { title: 'On the server' }

export default async function TokenPage() {
  const { sessionClaims } = await auth.protect()
  return (
    <>
      <h1>On the server</h1>
      <p className="lead">The claims of this request’s session token. It was verified with a public key; no database was asked.</p>
      <Claims claims={sessionClaims} />
    </>
  )
}

'use client'

import { SignOutButton, useAuth, useUser } from '@clerk/nextjs'

/** Who is signed in, from the user that clerk-js holds. */
export function Person() {
  const { isLoaded, sessionId, orgId, orgRole } = useAuth()
  const { user } = useUser()
  if (!isLoaded || !user) return <section className="card" aria-busy="true">Loading…</section>
  return (
    <section className="card" aria-labelledby="person">
      <h2 id="person">Who</h2>
      <dl>
        <dt>Name</dt>
        <dd id="name">{user.fullName}</dd>
        <dt>E-mail</dt>
        <dd>{user.primaryEmailAddress?.emailAddress}</dd>
        <dt>Session</dt>
        <dd id="session">{sessionId}</dd>
        <dt>Organization</dt>
        <dd id="organization">{orgId ? `${orgId} as ${orgRole}` : 'none'}</dd>
      </dl>
      <SignOutButton>
        <button className="plain">Sign out</button>
      </SignOutButton>
    </section>
  )
}

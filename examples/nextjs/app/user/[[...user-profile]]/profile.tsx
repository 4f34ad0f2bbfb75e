'use client'

import { UserProfile, useUser } from '@clerk/nextjs'

/** The account's page. Right after signing in clerk-js knows no user for a moment, and `UserProfile` throws without one. */
export function Profile() {
  const { isSignedIn } = useUser()
  return isSignedIn ? <UserProfile /> : <section className="card" aria-busy="true">Loading…</section>
}

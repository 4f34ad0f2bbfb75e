import { auth } from '@clerk/nextjs/server'
import { headers } from 'next/headers'
import { NextResponse } from 'next/server'

/** What `auth()` says of the request, and why: the reason is the one that clerkMiddleware found. */
export async function GET() {
  const { isAuthenticated, userId, sessionId, orgId, orgRole, orgSlug, sessionClaims } = await auth()
  const reason = (await headers()).get('x-clerk-auth-reason')
  return NextResponse.json({ isAuthenticated, userId, sessionId, orgId, orgRole, orgSlug, reason, sessionClaims })
}

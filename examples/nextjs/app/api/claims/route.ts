// The guide's App Router code. Its function is called `Page` and is meant for app/page.tsx; a page can't answer with a
// Response, so it is the GET of a route handler here. Nothing else is changed.
import { auth } from '@clerk/nextjs/server'
import { NextResponse } from 'next/server'

export async function GET() {
  const { sessionClaims } = await auth()

  const firstName = sessionClaims?.fullName

  const primaryEmail = sessionClaims?.primaryEmail

  return NextResponse.json({ firstName, primaryEmail })
}

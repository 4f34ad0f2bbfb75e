import { getAuth } from '@clerk/nextjs/server'
import type { NextApiRequest, NextApiResponse } from 'next'

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  const { sessionClaims } = getAuth(req)

  // @ts-expect-error -- the guide's own line. proxy.ts lets nobody here who is signed out, which types can't know.
  const firstName = sessionClaims.fullName

  // @ts-expect-error -- as above
  const primaryEmail = sessionClaims.primaryEmail

  return res.status(200).json({ firstName, primaryEmail })
}

import { auth } from '@clerk/nextjs/server'
import type { Metadata } from 'next'
import { Profile } from './profile'

export const metadata: Metadata = { title: 'Your account' }

export default async function UserPage() {
  await auth.protect()
  return (
    <div className="form">
      <Profile />
    </div>
  )
}

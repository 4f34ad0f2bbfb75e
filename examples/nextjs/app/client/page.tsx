import { auth } from '@clerk/nextjs/server'
import type { Metadata } from 'next'
import { Organizations } from './organizations'
import { Person } from './person'
import { Token } from './token'

export const metadata: Metadata = { title: 'In the browser' }

export default async function ClientPage() {
  await auth.protect()
  return (
    <>
      <h1>In the browser</h1>
      <p className="lead">The same token, held by clerk-js. It is refreshed in the background before it expires.</p>
      <Person />
      <Token />
      <Organizations />
    </>
  )
}

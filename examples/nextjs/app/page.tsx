import { auth } from '@clerk/nextjs/server'
import Link from 'next/link'

const PLACES = [
  ['/token', 'On the server', 'A protected page; a server component reads the claims with auth().'],
  ['/client', 'In the browser', 'Refresh the token, switch the organization, mint from a template.'],
  ['/user', 'Your account', 'Change your name, addresses and password; see and end your sessions.'],
  ['/api/claims', 'Route handler', 'The guide’s App Router code, as JSON.'],
  ['/api/example', 'API route', 'The guide’s Pages Router code, as JSON.'],
  ['/api/auth', 'Who is asking', 'Everything that auth() says of a request, signed in or not.'],
] as const

export default async function HomePage() {
  const { userId, sessionClaims } = await auth()
  return (
    <>
      <h1>{userId ? `Welcome, ${sessionClaims?.fullName ?? userId}` : 'You are signed out'}</h1>
      <p className="lead">
        {userId
          ? 'Your name comes from a custom claim of the session token; nothing was fetched to show it.'
          : 'Sign in, and the session token will carry two custom claims: fullName and primaryEmail.'}
      </p>
      <ul className="places">
        {PLACES.map(([path, name, about]) => (
          <li key={path}>
            {path.startsWith('/api') ? <a href={path}>{name}</a> : <Link href={path}>{name}</Link>}
            <code>{path}</code>
            <p>{about}</p>
          </li>
        ))}
      </ul>
    </>
  )
}

'use client'

import { Show, SignInButton, SignUpButton, UserButton } from '@clerk/nextjs'
import Link from 'next/link'

/** The bar above every page. In the browser it changes at once when somebody signs in; a layout's server part would not. */
export function Header() {
  return (
    <header className="bar">
      <Link className="brand" href="/">
        Claims
      </Link>
      <nav aria-label="Pages">
        <Link className="link" href="/token">On the server</Link>
        <Link className="link" href="/client">In the browser</Link>
        <Link className="link" href="/user">Your account</Link>
      </nav>
      <Show when="signed-out">
        <SignInButton>
          <button className="plain">Sign in</button>
        </SignInButton>
        <SignUpButton>
          <button className="primary">Sign up</button>
        </SignUpButton>
      </Show>
      <Show when="signed-in">
        <UserButton />
      </Show>
    </header>
  )
}

import { clerkMiddleware } from '@clerk/nextjs/server'
import { NextResponse } from 'next/server'

export default clerkMiddleware(async (auth, request) => {
  // The guide's Pages Router code reads the claims without asking whether there are any.
  if (request.nextUrl.pathname === '/api/example' && !(await auth()).isAuthenticated) {
    return NextResponse.json({ error: 'Sign in first.' }, { status: 401 })
  }
})

export const config = {
  // Everything but Next.js' own files and static ones; API routes whatever their names end with.
  matcher: [
    '/((?!_next|[^?]*\\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip|webmanifest)).*)',
    '/api/(.*)',
  ],
}

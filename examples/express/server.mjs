// Custom session claims in Express: one page that signs in, two endpoints that read the token.

import { clerkMiddleware, getAuth } from '@clerk/express'
import express from 'express'
import { renderPage } from './page.mjs'

const app = express()
app.disable('x-powered-by')
app.use(clerkMiddleware())

app.get('/', (request, response) => {
  const { userId, sessionClaims } = getAuth(request)
  response.type('html').send(renderPage(userId, sessionClaims))
})

/** The endpoint of the guide "Customize your session token". */
app.get('/api/example', (request, response) => {
  const { isAuthenticated, sessionClaims } = getAuth(request)
  if (!isAuthenticated) return response.status(401).json({ error: 'Sign in first.' })
  response.json({ firstName: sessionClaims.fullName, primaryEmail: sessionClaims.primaryEmail })
})

/** Everything that the SDK knows of the request. */
app.get('/api/auth', (request, response) => {
  const { isAuthenticated, userId, sessionId, orgId, orgRole, sessionClaims } = getAuth(request)
  response.json({ isAuthenticated, userId, sessionId, orgId, orgRole, sessionClaims })
})

const port = Number(process.env.PORT ?? 3001)
app.listen(port, 'localhost', (error) => {
  if (error) throw error
  console.log(`Express answers at http://localhost:${port}`)
})

#!/usr/bin/env node
// Installs, starts a development instance unless .env.local names one, and runs the application: http://localhost:3001

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages, openEnvironment, runApplication } from '../claimsmith.mjs'

const folder = import.meta.dirname
installPackages(folder)
const variables = await openEnvironment(folder, ({ url, publishable_key, secret_key }) => ({
  CLERK_PUBLISHABLE_KEY: publishable_key,
  CLERK_SECRET_KEY: secret_key,
  CLERK_API_URL: url,
  CLERK_PROXY_URL: url,
  CLERK_JS_URL: `${url}/npm/@clerk/clerk-js@6/dist/clerk.browser.js`,
  CLERK_UI_URL: `${url}/npm/@clerk/ui@1/dist/ui.browser.js`,
  CLERK_TELEMETRY_DISABLED: '1',
}))
const own = existsSync(join(folder, '.env.local')) ? ['--env-file=.env.local'] : []
runApplication([...own, 'server.mjs'], folder, variables)

#!/usr/bin/env node
// Installs, starts a development instance unless .env.local names one, and runs the application: http://localhost:3000

import { installPackages, openEnvironment, runApplication } from '../claimsmith.mjs'

const folder = import.meta.dirname
installPackages(folder)
const variables = await openEnvironment(folder, ({ url, publishable_key, secret_key }) => ({
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: publishable_key,
  CLERK_SECRET_KEY: secret_key,
  CLERK_API_URL: url,
  NEXT_PUBLIC_CLERK_PROXY_URL: url,
  NEXT_PUBLIC_CLERK_JS_URL: `${url}/npm/@clerk/clerk-js@6/dist/clerk.browser.js`,
  NEXT_PUBLIC_CLERK_UI_URL: `${url}/npm/@clerk/ui@1/dist/ui.browser.js`,
  NEXT_PUBLIC_CLERK_SIGN_IN_URL: '/sign-in',
  NEXT_PUBLIC_CLERK_SIGN_UP_URL: '/sign-up',
  NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED: '1',
}))
runApplication(['node_modules/next/dist/bin/next', 'dev', '--hostname', 'localhost'], folder, variables)

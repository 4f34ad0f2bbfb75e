// What the JavaScript examples share: installing, and a Claimsmith of their own to run against.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const OWN = join(import.meta.dirname, '..', '.venv', 'bin', 'claimsmith')
const CLAIMSMITH = existsSync(OWN) ? OWN : 'claimsmith'
const READY_MILLISECONDS = 30_000

/** The claims of the guide "Customize your session token". */
const CLAIMS = { fullName: '{{user.full_name}}', primaryEmail: '{{user.primary_email_address}}' }

/** Installs what a folder's lock file names, unless that is what is there. */
export function installPackages(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs) return
  run('npm', ['ci'], folder)
}

/**
 * The variables of an application: those of `.env.local` or of the environment where they are set, else those of a
 * development instance that is started here and ends with this process. `name` turns an instance into variables.
 */
export async function openEnvironment(folder, name) {
  if (process.env.CLERK_SECRET_KEY || existsSync(join(folder, '.env.local'))) return {}
  run(CLAIMSMITH, ['bundles', 'fetch'], folder)
  const instance = await startInstance(folder)
  await setClaims(instance)
  const variables = name(instance)
  const [person] = instance.demo_users
  console.log(`\nClaimsmith serves ${instance.url}; sign in as ${person.email} with ${person.password}`)
  console.log(`${Object.entries(variables).map(([key, value]) => `  ${key}=${value}`).join('\n')}\n`)
  return variables
}

/** Runs the application until Ctrl-C or its end; the exit status is its own. */
export function runApplication(command, folder, variables) {
  const environment = { ...process.env, ...variables, NEXT_TELEMETRY_DISABLED: '1' }
  const application = spawn(process.execPath, command, { cwd: folder, env: environment, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => application.kill(signal))
  application.on('exit', (code) => process.exit(code ?? 0))
}

async function startInstance(folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'claimsmith-example-'))
  const readyFile = join(scratch, 'ready.json')
  const server = spawn(CLAIMSMITH, ['dev', '--port', '0', '--demo', '--ready-file', readyFile], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true, // Ctrl-C reaches it once, from here, after the application has ended
  })
  process.on('exit', () => {
    server.kill('SIGINT')
    rmSync(scratch, { recursive: true, force: true })
  })
  for (const end = Date.now() + READY_MILLISECONDS; Date.now() < end && server.exitCode === null; ) {
    if (existsSync(readyFile)) return JSON.parse(readFileSync(readyFile, 'utf8'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  fail('claimsmith dev did not start; what it said is above.')
}

/** Does what the guide does in the dashboard; claims that somebody set before are kept. */
async function setClaims({ bapi_url, instance_id, secret_key }) {
  const url = `${bapi_url}/v1/platform/applications/app_example/instances/${instance_id}/config`
  const headers = { authorization: `Bearer ${secret_key}`, 'content-type': 'application/json' }
  const { session } = await (await fetch(url, { headers })).json()
  if (Object.keys(session?.claims ?? {}).length > 0) return
  const body = JSON.stringify({ session: { claims: CLAIMS }, display: { application_name: 'Claims' } })
  const answer = await fetch(url, { method: 'PATCH', headers, body })
  if (!answer.ok) fail(`the session claims could not be set: ${await answer.text()}`)
}

function run(program, parameters, folder) {
  const { status, error } = spawnSync(program, parameters, { cwd: folder, stdio: 'inherit' })
  if (error?.code === 'ENOENT') fail(`${program} is not there. For claimsmith: run \`make setup\` at the repository's root.`)
  if (status !== 0) fail(`${program} ${parameters.join(' ')} failed; what it said is above.`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

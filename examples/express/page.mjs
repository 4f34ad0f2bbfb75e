// The one page: clerk-js as script tags, from the instance's own address.

const { CLERK_PUBLISHABLE_KEY, CLERK_PROXY_URL, CLERK_JS_URL, CLERK_UI_URL } = process.env

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (value) => String(value).replace(/[&<>"]/g, (character) => ESCAPES[character])

const script = (source) => `<script defer crossorigin="anonymous" src="${escape(source)}"
      data-clerk-publishable-key="${escape(CLERK_PUBLISHABLE_KEY)}" data-clerk-proxy-url="${escape(CLERK_PROXY_URL)}"></script>`

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#dcdfe6, #3a3f4b); --accent: light-dark(#4f46c8, #a9a6ff) }
  body { max-width: 720px; margin: 0 auto; padding: 48px 24px; font: 14px/1.45 system-ui, sans-serif }
  h1 { font-size: 28px; font-weight: 600; line-height: 1.2; overflow-wrap: anywhere }
  a { color: var(--accent) }
  pre { padding: 16px; border: 1px solid var(--line); border-radius: 10px; font: 13px/1.45 ui-monospace, monospace; overflow-x: auto }
  #clerk { margin: 24px 0 }`

const START = `
  addEventListener('load', async () => {
    await Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor } })
    const place = document.querySelector('#clerk')
    if (Clerk.isSignedIn) Clerk.mountUserButton(place)
    else Clerk.mountSignIn(place, { forceRedirectUrl: location.href, withSignUp: true })
  })`

/** The page as HTML, for who is signed in or for who is not. */
export function renderPage(userId, claims) {
  const title = userId ? `Welcome, ${claims.fullName ?? userId}` : 'You are signed out'
  const said = userId
    ? `<p>The claims of this request’s session token:</p><pre>${escape(JSON.stringify(claims, null, 2))}</pre>`
    : '<p>Sign in, and the session token will carry two custom claims: fullName and primaryEmail.</p>'
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Claimsmith and Express</title>
    <link rel="icon" href="data:,">
    <style>${STYLE}
    </style>
    ${script(CLERK_UI_URL)}
    ${script(CLERK_JS_URL)}
    <script>${START}
    </script>
  </head>
  <body>
    <h1>${escape(title)}</h1>
    ${said}
    <div id="clerk"></div>
    <p><a href="/api/example">/api/example</a> · <a href="/api/auth">/api/auth</a></p>
  </body>
</html>
`
}

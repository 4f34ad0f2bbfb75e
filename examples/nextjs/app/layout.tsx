import './globals.css'
import { ClerkProvider } from '@clerk/nextjs'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { Header } from '@/components/header'

export const metadata: Metadata = {
  title: { default: 'Claimsmith and Next.js', template: '%s · Claimsmith and Next.js' },
  description: 'Custom session claims, read by the unmodified @clerk/nextjs.',
}

/** Clerk's components take the colours of this application, so they follow the reader's theme as it does. They set
 * `--accent` and `--border` themselves, so these have other names. */
const appearance = {
  variables: {
    colorPrimary: 'var(--indigo)',
    colorPrimaryForeground: 'var(--on-indigo)',
    colorBackground: 'var(--card)',
    colorForeground: 'var(--text)',
    colorMuted: 'var(--page)',
    colorMutedForeground: 'var(--quiet)',
    colorInput: 'var(--card)',
    colorInputForeground: 'var(--text)',
    colorNeutral: 'var(--text)',
    colorRing: 'var(--indigo)',
    fontFamily: 'inherit',
    borderRadius: '6px',
  },
}

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <ClerkProvider appearance={appearance}>
          <Header />
          <main>{children}</main>
        </ClerkProvider>
      </body>
    </html>
  )
}

'use client'

import { OrganizationSwitcher, useOrganizationList } from '@clerk/nextjs'

/** The user's organizations; the active one is what the claim `o` tells. */
export function Organizations() {
  const { isLoaded, setActive, userMemberships } = useOrganizationList({ userMemberships: true })
  if (!isLoaded) return <section className="card" aria-busy="true">Loading…</section>
  return (
    <section className="card" aria-labelledby="organizations">
      <h2 id="organizations">Organization</h2>
      <OrganizationSwitcher />
      <div className="choices">
        <button className="plain" onClick={() => void setActive({ organization: null })}>
          Personal account
        </button>
        {userMemberships.data?.map(({ organization, role }) => (
          <button className="plain" key={organization.id} onClick={() => void setActive({ organization: organization.id })}>
            {organization.name} as {role}
          </button>
        ))}
      </div>
    </section>
  )
}

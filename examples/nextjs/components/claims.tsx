const DEFAULT_CLAIMS = new Set('act azp exp fea fva iat iss jti nbf o org_id org_permissions org_role org_slug pla sid sts sub v'.split(' '))

/** Every claim in a row; the custom ones first, marked with a word as well as a colour. */
export function Claims({ claims }: { claims: object }) {
  const rows = Object.entries(claims)
  const custom = rows.filter(([name]) => !DEFAULT_CLAIMS.has(name))
  const standard = rows.filter(([name]) => DEFAULT_CLAIMS.has(name))
  return (
    <table className="claims">
      <thead>
        <tr>
          <th scope="col">Claim</th>
          <th scope="col">Value</th>
          <th scope="col">Kind</th>
        </tr>
      </thead>
      <tbody>
        {[...custom, ...standard].map(([name, value], index) => (
          <tr key={name} className={index < custom.length ? 'custom' : undefined} data-claim={name}>
            <th scope="row">{name}</th>
            <td>{JSON.stringify(value)}</td>
            <td>{index < custom.length ? 'custom' : 'default'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

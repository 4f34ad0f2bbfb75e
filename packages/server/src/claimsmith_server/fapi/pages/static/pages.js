// clerk-js writes where to return to behind the "#", as in /sign-in#/?redirect_url=…, where servers can't read it.
// Everything else of these pages works without this script.
(() => {
  const [, told] = location.hash.match(/^#\/?\?(.*)$/) ?? [];
  if (!told) return;
  const query = new URLSearchParams(location.search);
  for (const [name, value] of new URLSearchParams(told)) if (!query.has(name)) query.set(name, value);
  location.replace(`${location.pathname}?${query}`);
})();

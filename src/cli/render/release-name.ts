/** `r7 (3f2a91c0)`: the number is for people, the digest is the release. */
export function releaseName(release: { readonly number: number; readonly digest: string } | null): string {
  return release === null ? 'no release' : `r${release.number} (${release.digest.slice(0, 8)})`;
}

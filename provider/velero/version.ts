/** Whether a server is older than `since` (`1.18`, `1.18.3`). One whose version says nothing (`main`, a fork's) is not. */
export function isOlder(version: string | undefined, since: string): boolean {
  const has = numbersOf(version ?? "");
  if (!has) return false;
  const wanted = numbersOf(since) ?? [];
  const differing = wanted.findIndex((number, index) => number !== (has[index] ?? 0));
  return differing >= 0 && (has[differing] ?? 0) < (wanted[differing] ?? 0);
}

function numbersOf(version: string): number[] | undefined {
  const [, numbers] = /^v?(\d+\.\d+(?:\.\d+)?)/.exec(version) ?? [];
  return numbers?.split(".").map(Number);
}

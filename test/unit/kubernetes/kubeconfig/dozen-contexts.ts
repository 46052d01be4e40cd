/** A kubeconfig of twelve contexts, `c0` the current one, with some words of it replaced. */
export function dozen(replaced: Record<string, string> = {}): string {
  const numbers = [...Array.from({ length: 12 }).keys()];
  const text = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    preferences: {},
    clusters: numbers.map((each) => ({
      name: `c${each}`,
      cluster: { server: `https://c${each}:6443`, "certificate-authority-data": "Yw==" },
    })),
    users: numbers.map((each) => ({
      name: `u${each}`,
      user: { token: `token-of-${each}`, ...(each === 5 ? { tokenFil: "kept for the notice" } : {}) },
    })),
    contexts: numbers.map((each) => ({
      name: `c${each}`,
      context: { cluster: `c${each}`, user: `u${each}`, namespace: "shop" },
    })),
    "current-context": "c0",
  });
  return Object.entries(replaced).reduce((all, [word, other]) => all.replaceAll(word, other), text);
}

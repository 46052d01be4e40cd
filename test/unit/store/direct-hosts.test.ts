import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DirectHosts } from "../../../provider/store/store-connections.ts";

const hosts = new DirectHosts();
const STORE = "https://storage.example.com";

beforeEach(() => {
  vi.stubEnv("HTTPS_PROXY", "http://proxy:3128");
  vi.stubEnv("NO_PROXY", "internal,example.com");
});
afterEach(() => void vi.unstubAllEnvs());

/** Requests that end when they are told to, and what they find in the environment. */
function held(url = STORE) {
  const ends: (() => void)[] = [];
  const { ask } = hosts.directly(url, {
    ask: async () => {
      const found = process.env["NO_PROXY"];
      await new Promise<void>((resolve) => ends.push(resolve));
      return found;
    },
  });
  return { ask, end: () => ends.shift()?.() };
}

test("the host is named while requests to it are on their way, and the environment is as before afterwards", async () => {
  const { ask, end } = held();
  const [first, second] = [ask(), ask()];
  end();
  expect(await first).toBe("internal,example.com,storage.example.com");
  expect(process.env["NO_PROXY"]).toBe("internal,example.com,storage.example.com");
  end();
  await second;
  expect(process.env["NO_PROXY"]).toBe("internal,example.com");
});

test("two hosts are named side by side", async () => {
  const [one, other] = [held(), held("https://googleapis.internal.example.com:444")];
  const asked = one.ask();
  const found = other.ask();
  other.end();
  expect(await found).toBe("internal,example.com,storage.example.com,googleapis.internal.example.com");
  expect(process.env["NO_PROXY"]).toBe("internal,example.com,storage.example.com");
  one.end();
  await asked;
  expect(process.env["NO_PROXY"]).toBe("internal,example.com");
});

test("a request that fails leaves nothing behind", async () => {
  const { ask } = hosts.directly(STORE, { ask: () => Promise.reject(new Error("no")) });
  await expect(ask()).rejects.toThrow("no");
  expect(process.env["NO_PROXY"]).toBe("internal,example.com");
});

test("a variable that was not set is not set afterwards", async () => {
  vi.stubEnv("NO_PROXY", undefined);
  vi.stubEnv("no_proxy", "example.com");
  const { ask, end } = held();
  const asked = ask();
  end();
  expect(await asked).toBe("example.com,storage.example.com");
  expect("NO_PROXY" in process.env).toBe(false);
});

test("what somebody else sets meanwhile stays", async () => {
  const { ask, end } = held();
  const asked = ask();
  process.env["NO_PROXY"] = "of-somebody-else";
  end();
  await asked;
  expect(process.env["NO_PROXY"]).toBe("of-somebody-else");
});

test.each([
  ["goes through the proxy anyway", { NO_PROXY: "internal" }],
  ["meets no proxy at all", { HTTPS_PROXY: undefined }],
])("nothing is changed for a request that %s", async (_what, env) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const { ask, end } = held();
  const before = process.env["NO_PROXY"];
  const asked = ask();
  end();
  expect(await asked).toBe(before);
});

import { expect, test } from "vitest";
import { proxyFor, secretsOfProxies, shownProxy } from "../../../provider/proxy/proxy-for.ts";
import { Secrets } from "../../../provider/core/secrets.ts";

const chosen = (url: string, env: Record<string, string>): string | undefined => {
  const proxy = proxyFor(url, env);
  return proxy && `${proxy.from} ${proxy.url.href}`;
};

test("HTTPS_PROXY stands before https, HTTP_PROXY before http, and neither before the other", () => {
  const env = { HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "http://plain:2", ALL_PROXY: "http://all:3" };
  expect(chosen("https://store.example.com/a", env)).toBe("HTTPS_PROXY http://secure:1/");
  expect(chosen("http://store.example.com/a", env)).toBe("HTTP_PROXY http://plain:2/");
  expect(chosen("https://store.example.com", { HTTP_PROXY: "http://plain:2" })).toBeUndefined();
  expect(chosen("http://store.example.com", { HTTPS_PROXY: "http://secure:1" })).toBeUndefined();
  expect(chosen("https://store.example.com", {})).toBeUndefined();
});

test("capitals come first, and what is empty counts as not set", () => {
  expect(chosen("https://a.b", { HTTPS_PROXY: "http://big:1", https_proxy: "http://small:1" })).toMatch(
    /big/,
  );
  expect(chosen("https://a.b", { HTTPS_PROXY: "", https_proxy: "http://small:1" })).toBe(
    "https_proxy http://small:1/",
  );
  expect(chosen("https://a.b", { https_proxy: "http://p:1", NO_PROXY: "", no_proxy: "a.b" })).toBeUndefined();
  expect(
    chosen("https://a.b", { https_proxy: "http://p:1", NO_PROXY: "c.d", no_proxy: "a.b" }),
  ).toBeDefined();
});

test.each([
  ["proxy:3128", "http://proxy:3128/"],
  [" http://proxy:3128\n", "http://proxy:3128/"],
  ["10.0.0.1", "http://10.0.0.1/"],
  ["https://proxy", "https://proxy/"],
  ["socks5://proxy:1080", "socks5://proxy:1080"],
])("takes %j for a proxy's address", (address, href) => {
  expect(proxyFor("https://a.b", { HTTPS_PROXY: address })?.url.href).toBe(href);
});

test.each(["http://", "ftp://proxy:1", "http://user:canary%zz@proxy:1", "http://a b:canary", "://canary"])(
  "refuses %j, without repeating it",
  (address) => {
    const choose = () => proxyFor("https://a.b", { HTTPS_PROXY: address });
    expect(choose).toThrow(/^the proxy in HTTPS_PROXY is not one that can be used/);
    expect(choose).not.toThrow(/canary/);
  },
);

test("user and password are known as secrets, however they come back, and not shown", () => {
  const env = {
    HTTPS_PROXY: "http://someone:pass%40word@proxy:3128",
    HTTP_PROXY: "http://user:canary%zz@p:1",
  };
  const proxy = proxyFor("https://a.b", env);
  const secrets = new Secrets();
  for (const secret of secretsOfProxies(env)) secrets.learn(secret);
  expect(proxy && shownProxy(proxy)).toBe("the proxy http://proxy:3128 (HTTPS_PROXY)");
  const header = Buffer.from("someone:pass@word").toString("base64");
  expect(secrets.redact(`pass%40word pass@word Basic ${header}`)).not.toMatch(
    /pass%40word|pass@word|c29tZW9uZTpwYXNz/,
  );
});

const direct = (url: string, noProxy: string): boolean =>
  proxyFor(url, { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://p:1", NO_PROXY: noProxy }) === undefined;

test.each([
  ["store.example.com", "https://store.example.com"],
  ["STORE.example.com", "https://store.EXAMPLE.com"],
  ["example.com", "https://store.example.com"],
  [".example.com", "https://store.example.com"],
  ["*.example.com", "https://a.b.example.com"],
  ["other, example.com ,third", "https://example.com"],
  ["other example.com", "https://example.com."],
  ["example.com:443", "https://example.com"],
  ["example.com:80", "http://example.com"],
  ["example.com:9000", "http://minio.example.com:9000"],
  ["10.0.0.0/8", "https://10.1.2.3:6443"],
  ["10.1.2.3", "https://10.1.2.3:6443"],
  ["10.1.2.3:6443", "https://10.1.2.3:6443"],
  ["fd00::/8", "https://[fd12:3456::1]:6443"],
  ["[fd00::1]:6443", "https://[fd00::1]:6443"],
  ["fd00:0:0::1", "https://[fd00::1]"],
  ["*", "https://anything.example.org"],
])("NO_PROXY=%s exempts %s", (noProxy, url) => {
  expect(direct(url, noProxy)).toBe(true);
});

test.each([
  ["", "https://example.com"],
  ["example.com", "https://badexample.com"],
  [".example.com", "https://example.com"],
  ["*.example.com", "https://example.com"],
  ["example.com:443", "https://example.com:8443"],
  ["example.com:443", "http://example.com"],
  ["10.0.0.0/8", "https://11.1.2.3"],
  ["10.0.0.0/33", "https://10.1.2.3"],
  ["10.0.0.0/8", "https://ten.example.com"],
  ["10.1.2.3:443", "https://10.1.2.3:6443"],
  ["fd00::/8", "https://10.1.2.3"],
  [":443", "https://example.com"],
  [",,:", "https://example.com"],
])("NO_PROXY=%s does not exempt %s", (noProxy, url) => {
  expect(direct(url, noProxy)).toBe(false);
});

test.each(["localhost", "LOCALHOST:9000", "127.0.0.1:6443", "127.1.2.3", "[::1]:6443", "169.254.169.254"])(
  "no proxy stands before %s: it means this machine",
  (host) => {
    expect(direct(`http://${host}`, "")).toBe(true);
    expect(direct(`https://${host}`, "")).toBe(true);
  },
);

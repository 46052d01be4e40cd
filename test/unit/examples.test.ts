import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { placeholderOf } from "../fixtures/placeholder-settings.ts";
import { platformHandle } from "../fixtures/platform-handle.ts";
import { settingsOf } from "../fixtures/settings-of.ts";

const folder = path.join(import.meta.dirname, "../../examples");
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const answers: Record<string, object> = {
  "velero:index:getBackups": { backups: [{ name: "b-1", cluster: "old", phase: "Completed" }] },
  "velero:index:getLatestBackup": {
    backup: { name: "b-2", cluster: "east", phase: "Completed", completionTime: "2026-11-23T02:01:00Z" },
  },
  "velero:index:getLocationUsers": {
    users: [{ cluster: "east", kind: "ClusterBackup", name: "nightly", stack: "prod" }],
  },
};

let made: string[] = [];
let given: Record<string, Record<string, unknown>> = {};
let asked: string[] = [];

/** As users test their programs: Pulumi's mocks stand for the engine and for every provider. */
beforeEach(async () => {
  vi.resetModules();
  made = [];
  given = {};
  asked = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        const resource = `${type.split(":").at(-1)} ${name}`;
        made.push(resource);
        given[resource] = inputs as Record<string, unknown>;
        const isReference = type === "pulumi:pulumi:StackReference";
        return {
          id: `${name}-id`,
          state: isReference ? { ...inputs, outputs: { backups: platformHandle } } : inputs,
        };
      },
      call({ token }) {
        asked.push(token);
        return answers[token] ?? {};
      },
    },
    "shop",
    "prod",
    false,
  );
});

const sourceOf = (name: string) => readFileSync(path.join(folder, name, "index.ts"), "utf8");

/** Runs the program; its exports, with what the outputs among them come to. */
async function run(name: string): Promise<Record<string, unknown>> {
  // What an example does on demand only is tested as well: optional settings have values, too.
  const settings = settingsOf(sourceOf(name)).map(({ key }) => [`shop:${key}`, placeholderOf(key)]);
  pulumi.runtime.setAllConfig(Object.fromEntries(settings) as Record<string, string>);
  const exported = (await import(path.join(folder, name, "index.ts"))) as Record<string, unknown>;
  const resolved = Object.entries(exported).map(async ([key, value]) => [
    key,
    await (pulumi.output(value) as unknown as { promise(): Promise<unknown> }).promise(),
  ]);
  return Object.fromEntries((await Promise.all(resolved)) as [string, unknown][]) as Record<string, unknown>;
}

describe.each(examples)("Under Pulumi's mocks examples/%s", (name) => {
  test("makes every resource that its text declares", async () => {
    await run(name);
    const declared = [...sourceOf(name).matchAll(/new (?:velero|k8s(?:\.\w+)+)\.(\w+)\(\s*"([^"]+)"/g)].map(
      ([, kind = "", resource = ""]) => `${kind} ${resource}`,
    );
    expect(declared).not.toEqual([]);
    await expect.poll(() => made).toEqual(expect.arrayContaining(declared));
  });
});

test("What an example looks up is answered by the mocks", async () => {
  expect(await run("look-ups")).toEqual({
    newest: "2026-11-23T02:01:00Z",
    kept: ["b-1: Completed"],
    usedBy: ["ClusterBackup nightly prod"],
  });
  expect(asked.toSorted()).toEqual(Object.keys(answers).toSorted());
});

test("A team's backup goes into the location of the platform's handle", async () => {
  await run("team");
  await expect.poll(() => made).toContain("ClusterBackup nightly");
  expect(given["ClusterBackup nightly"]).toMatchObject({
    location: { locationName: "primary-east-12345678", namespace: "velero" },
  });
});

test("Each binding of the rights is to a role that is made, in its namespace", async () => {
  await run("rbac");
  await expect.poll(() => made.length).toBe(7);
  const bindings = Object.entries(given).filter(([resource]) => resource.includes("Binding "));
  const roles = Object.entries(given).flatMap(([resource, { metadata }]) => {
    const { name, namespace } = (metadata ?? {}) as { name?: string; namespace?: string };
    return /^(?:Cluster)?Role /.test(resource) ? [`${resource.split(" ")[0]} ${namespace} ${name}`] : [];
  });
  const boundTo = bindings.map(([, { metadata, roleRef }]) => {
    const { kind, name } = roleRef as { kind: string; name: string };
    return `${kind} ${(metadata as { namespace?: string } | undefined)?.namespace} ${name}`;
  });
  expect(roles).toHaveLength(3);
  expect(boundTo.toSorted()).toEqual(roles.toSorted());
});

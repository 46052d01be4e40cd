import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import * as velero from "../../../sdk/index.ts";

interface Call {
  token: string;
  inputs: Record<string, unknown>;
}

const calls: Call[] = [];
/** What a user's mocks answer. */
let answer: (call: Call) => object = ({ inputs }) => inputs;

const mockedIn = (preview: boolean): Promise<void> =>
  pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({
        id: `${name}-id`,
        // What only check computes, as a user's mocks may add it.
        state: { ...inputs, locationName: `${name}-0a1b2c3d`, storePrefix: "east" },
      }),
      call: (call) => {
        calls.push({ token: call.token, inputs: call.inputs as Record<string, unknown> });
        return answer(call as Call);
      },
    },
    "project",
    "stack",
    preview,
  );

beforeEach(async () => {
  calls.length = 0;
  answer = ({ inputs }) => inputs;
  await mockedIn(false);
});

const secret = "a literal secret";
const locationAt = (name: string) =>
  new velero.BackupLocation(name, {
    storage: {
      minio: {
        bucket: "backups",
        endpoint: "https://minio:9000",
        credentials: { static: { accessKeyId: { env: "KEY" }, secretAccessKey: secret } },
      },
    },
    clusters: { east: { kubeconfig: "kubeconfig of east" }, dr: { offline: true } },
  });

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  (output as unknown as { promise(): Promise<T> }).promise();
const insidesOf = (output: pulumi.Output<unknown>) =>
  output as unknown as { isKnown: Promise<boolean>; isSecret: Promise<boolean> };

const backup: velero.BackupSummary = {
  name: "nightly-1",
  cluster: "east",
  phase: "Completed",
  warnings: 0,
  errors: 0,
};

describe("Under Pulumi's mocks", () => {
  test("the mocks answer a look-up of backups, which they are told of without a way or a secret", async () => {
    answer = () => ({ backups: [backup] });
    const location = locationAt("primary");
    const asked = { location, cluster: "east", schedule: "nightly", from: "store" } as const;
    expect(await velero.getBackups(asked)).toEqual([backup]);
    const output = velero.getBackupsOutput({ ...asked, schedule: pulumi.output("nightly") });
    expect(await valueOf(output)).toEqual([backup]);
    expect(await insidesOf(output).isSecret).toBe(false);

    const call = {
      token: "velero:index:getBackups",
      inputs: {
        cluster: "east",
        location: {
          owner: expect.stringMatching(/:ClusterLocation::primary-east$/),
          locationName: "primary-east-0a1b2c3d",
          namespace: "velero",
          storePrefix: "east",
        },
        schedule: "nightly",
        from: "store",
      },
    };
    expect(calls).toEqual([call, call]);
  });

  test("of the newest, too, or say that there is none", async () => {
    const of = { location: locationAt("newest"), cluster: "east" } as const;
    answer = () => ({ backup });
    expect(await velero.getLatestBackup({ ...of, allowPartialFailure: true })).toEqual(backup);
    expect(await valueOf(velero.getLatestBackupOutput(of))).toEqual(backup);
    answer = () => ({});
    expect(await velero.getLatestBackup(of)).toBeUndefined();
    expect(await valueOf(velero.getLatestBackupOutput(of))).toBeUndefined();
    expect(calls.map(({ token }) => token)).toEqual(
      Array.from({ length: 4 }, () => "velero:index:getLatestBackup"),
    );
    expect(calls[0]?.inputs).toMatchObject({ allowPartialFailure: true });
  });

  test("and of who uses a location", async () => {
    const location = locationAt("used");
    const users = { users: [], claims: [], notAsked: ['cluster "dr": it is declared offline'] };
    answer = () => users;
    expect(await velero.getLocationUsers({ location })).toEqual(users);
    expect(await valueOf(velero.getLocationUsersOutput({ location }))).toEqual(users);
    expect(calls[0]).toMatchObject({
      token: "velero:index:getLocationUsers",
      inputs: { clusters: [{ cluster: "east" }, { cluster: "dr" }] },
    });
    expect(JSON.stringify(calls)).not.toMatch(/literal secret|kubeconfig/);
  });

  test("mocks that know nothing of look-ups, and give back what they get, have found nothing", async () => {
    const of = { location: locationAt("echoed"), cluster: "east" } as const;
    expect(await velero.getBackups(of)).toEqual([]);
    expect(await velero.getLatestBackup(of)).toBeUndefined();
    expect(await velero.getLocationUsers(of)).toEqual({ users: [], claims: [], notAsked: [] });
  });

  test("mocks that fail fail the look-up", async () => {
    answer = () => {
      throw new Error("no such cluster");
    };
    const failing = velero.getBackups({ location: locationAt("failing"), cluster: "east" });
    // Pulumi's own mocks lose the words on the way.
    await expect(failing).rejects.toThrow(Error);
  });
});

describe("Where it is not known yet what to look up", () => {
  const notYet = pulumi.output(pulumi.unknown) as unknown as pulumi.Output<string>;

  test.each<[string, () => pulumi.Output<unknown>]>([
    [
      "the location",
      () => {
        const handle = notYet as unknown as pulumi.Output<velero.LocationHandle>;
        const location = velero.locationFrom("location", handle, { clusters: { east: { ambient: true } } });
        return velero.getBackupsOutput({ location, cluster: "east" });
      },
    ],
    [
      "an argument",
      () => velero.getLatestBackupOutput({ location: locationAt("a"), cluster: "east", schedule: notYet }),
    ],
    [
      "what it depends on",
      () => {
        const { clusters } = locationAt("b");
        const made = Object.assign(Object.create(clusters.dr), { id: notYet }) as pulumi.CustomResource;
        return velero.getLocationUsersOutput({ location: locationAt("c") }, { dependsOn: made });
      },
    ],
    [
      "whether the location is there, whose coordinates are known before",
      () => {
        const { clusters } = locationAt("d");
        const east = Object.assign(Object.create(clusters.east), { id: notYet }) as velero.ClusterLocation;
        return velero.getBackupsOutput({ location: { clusters: { east } }, cluster: "east" });
      },
    ],
  ])("for %s: an output stays unknown, and nobody is asked", async (_what, lookUp) => {
    await mockedIn(true);
    expect(await insidesOf(lookUp()).isKnown).toBe(false);
    expect(calls).toEqual([]);
  });

  test("a promise says why, and what to take instead", async () => {
    await mockedIn(true);
    const handle = notYet as unknown as pulumi.Output<velero.LocationHandle>;
    const location = velero.locationFrom("location", handle, { clusters: { east: { ambient: true } } });
    const unknown = "this preview does not know yet what to ask for";
    for (const [name, asked] of [
      ["getBackups", velero.getBackups({ location, cluster: "east" })],
      ["getLatestBackup", velero.getLatestBackup({ location, cluster: "east" })],
      ["getLocationUsers", velero.getLocationUsers({ location })],
    ] as const)
      await expect(asked).rejects.toThrow(
        expect.objectContaining({
          name: "VeleroError",
          code: "NotKnownYet",
          message: expect.stringMatching(
            `velero\\.${name}: ${unknown}.* Take velero\\.${name}Output.* \\[velero:NotKnownYet\\]$`,
          ),
        }),
      );
    expect(calls).toEqual([]);
  });
});

test("A cluster that the location lacks is named, with those that it has", async () => {
  const location = locationAt("lacking") as velero.Location<string>;
  const said = 'no cluster "west"; it has: east, dr';
  await expect(velero.getBackups({ location, cluster: "west" })).rejects.toThrow(said);
  expect(() => velero.getBackupsOutput({ location, cluster: "west" })).toThrow(said);
});

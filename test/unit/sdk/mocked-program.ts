import * as pulumi from "@pulumi/pulumi";
import { beforeAll } from "vitest";

export interface Made {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What a check or create of the provider's would add to the inputs. */
type Compute = (made: Made) => object;

/**
 * As users test their programs: no provider runs, so that there is no output beyond the inputs but what `compute` adds.
 * Returns what was made so far, in its order.
 */
export function mockProgram(compute: Compute = () => ({})): Made[] {
  const made: Made[] = [];
  beforeAll(() =>
    pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          const resource = { type, name, inputs: inputs as Record<string, unknown> };
          made.push(resource);
          return { id: `${name}-id`, state: { ...resource.inputs, ...compute(resource) } };
        },
        call: ({ inputs }) => inputs as Record<string, unknown>,
      },
      "project",
      "stack",
      false,
    ),
  );
  return made;
}

export const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => output.apply(resolve));

export const minio = (bucket = "backups", secretAccessKey: string | { env: string } = { env: "SECRET" }) => ({
  minio: {
    bucket,
    endpoint: "https://minio:9000",
    credentials: { static: { accessKeyId: { env: "KEY" }, secretAccessKey } },
  },
});

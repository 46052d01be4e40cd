import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { clusterGate } from "./cluster-gate.ts";
import { complaintsIn } from "./complaints.ts";
import { formsOf } from "./secret-forms.ts";
import { messagesOf } from "./stack.ts";
import {
  namesIn,
  ok,
  upWith,
  versionsIn,
  workspace,
  workspaceIn,
  workspaceStack,
  yearly,
} from "./workspace-stack.ts";

describeOnSandbox("A WorkspaceBackup", (sandbox) => {
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  test("keeps the kubeconfigs that it is given to itself, also of a cluster that it could not leave", async () => {
    const { kubeconfig, shut, open } = await clusterGate(west);
    const secrets = {
      east: "{ kubeconfig: pulumi.secret(process.env.EAST_KUBECONFIG) }",
      west: "{ kubeconfig: pulumi.secret(process.env.WEST_KUBECONFIG) }",
    };
    const among = Object.entries(secrets)
      .map(([key, connection]) => `${key}: ${connection}`)
      .join(", ");
    const listed = (clusters: string) => workspace(yearly, { clusters, among });
    const stack = await workspaceStack(sandbox, listed('["east", "west"]'), { WEST_KUBECONFIG: kubeconfig });
    const expectNone = (where: string, run: RunResult) => {
      const said = [run.text, messagesOf(run), JSON.stringify([run.outputs, run.steps, run.state])].join(
        "\n",
      );
      for (const { name, token } of [east, west])
        for (const form of formsOf(token))
          expect(said.includes(form), `the token of ${name} as ${form.slice(0, 6)}… in ${where}`).toBe(false);
    };
    expectNone("the up", await ok(stack.up()));
    expectNone("the refresh", await ok(stack.refresh()));
    const inWest = await versionsIn(west, stack);

    await shut();
    stack.change(listed('["east"]'));
    const failed = await stack.up();
    expect(complaintsIn(failed).join("\n")).toContain('cluster "west" does not answer');
    expect(workspaceIn(failed).parts["west"]).toMatchObject({ health: "Unhealthy" });
    expectNone("the up that could not leave west", failed);
    expectNone("the refresh after it", await ok(stack.refresh()));

    await open();
    expect(await versionsIn(west, stack)).toEqual(inWest);
    const left = await upWith(stack);
    expect(Object.keys(left.parts)).toEqual(["east"]);
    expect(await namesIn(west, "schedules", stack)).toEqual([]);
    expectNone("the up that left west", left.up);
    expectNone("the destroy", await ok(stack.destroy()));
  });
});

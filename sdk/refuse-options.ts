import type * as pulumi from "@pulumi/pulumi";

type Options = Pick<
  pulumi.CustomResourceOptions & pulumi.ComponentResourceOptions,
  "provider" | "providers" | "customTimeouts" | "ignoreChanges" | "import" | "id"
>;

/** Throws for each of Pulumi's own options that would have no effect, or another effect than its name says. */
export function refuseOptions(kind: string, opts: Options | undefined): void {
  const problems = [
    providerProblem(opts),
    timeoutsProblem(kind, opts),
    importProblem(kind, opts),
    idProblem(opts),
    ignoreProblem(kind, opts),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0)
    throw new Error(
      problems.map(([option, why]) => `velero.${kind} takes no ${option} among its options${why}`).join("\n"),
    );
}

type Problem = [option: string, why: string] | undefined;

/** Neither a resource nor a component of ours uses a provider. */
function providerProblem(opts: Options | undefined): Problem {
  const given = (["provider", "providers"] as const).find((option) => opts?.[option] !== undefined);
  if (given === undefined) return undefined;
  return [
    `"${given}"`,
    ". A k8s.Provider says how to reach a cluster, and belongs into the BackupLocation's " +
      "`clusters: { <key>: { provider } }`.",
  ];
}

/** Pulumi does not pass them to a dynamic provider, so they would have no effect. */
function timeoutsProblem(kind: string, opts: Options | undefined): Problem {
  if (opts?.customTimeouts === undefined) return undefined;
  const given = JSON.stringify(opts.customTimeouts);
  return [
    '"customTimeouts"',
    ": Pulumi does not give them to the provider, and they would bound nothing. " +
      (kind === "SharedLocation"
        ? "Nothing of it waits: leave them out."
        : `Take the argument \`timeouts\`, whose keys are the same and whose values are Go durations: ${given}.`),
  ];
}

/** The advice to adopt an existing object, by kind. */
const takingOver: Record<string, string> = {
  BackupLocation:
    'A BackupStorageLocation that is there is taken over by the argument `clusters: { <key>: { adopt: "<its name>" } }`.',
  ClusterBackup: 'A Schedule or a Backup that is there is taken over by the argument `adopt: "<its name>"`.',
  WorkspaceBackup:
    'A Schedule that is there is taken over by a ClusterBackup, with the argument `adopt: "<its name>"`.',
  Restore: "A restore that somebody else has done needs no resource.",
  SharedLocation: "It stands for this stack's use of a location, and there is nothing of it in a cluster.",
};

/** For an import, Pulumi asks the provider without the code of the resource (pulumi/pulumi#3550). */
function importProblem(kind: string, opts: Options | undefined): Problem {
  if (opts?.import === undefined) return undefined;
  return ['"import"', `: Pulumi cannot import a dynamic resource. ${takingOver[kind] ?? ""}`.trimEnd()];
}

function idProblem(opts: Options | undefined): Problem {
  if (opts?.id === undefined) return undefined;
  return [
    '"id"',
    ": Pulumi cannot read a dynamic resource that is not in its state. `velero.getBackups` and " +
      "`velero.getLatestBackup` tell what is there, and `velero.locationFrom` uses another stack's location.",
  ];
}

function ignoreProblem(kind: string, opts: Options | undefined): Problem {
  const paths = opts?.ignoreChanges ?? [];
  // The program also passes the inputs of a location to its clusters and its backups.
  if (kind === "BackupLocation" && paths.length > 0)
    return [
      '"ignoreChanges"',
      `: its clusters and backups would take the changed ${paths.join(", ")} all the same, and the location would not. ` +
        "Keep the value in the program, or in the stack's settings, as it is.",
    ];
  if (!paths.includes("*")) return undefined;
  return [
    'ignoreChanges: ["*"]',
    ": the ways to cluster and store would stay what they were, too, new keys among them. Name the arguments.",
  ];
}

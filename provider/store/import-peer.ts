import { StoreError } from "./store-error.ts";

/**
 * Loads a vendor's package on first use. It is an optional peer dependency: a user with backups in Azure need not
 * install AWS's SDK. `load` is `() => import("@aws-sdk/client-s3")`, so that the specifier is only in the file that uses the
 * package.
 */
export async function importPeer<Module>(
  name: string,
  property: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (thrown) {
    const isMissing = isModuleNotFound(thrown) && thrown.message.includes(`'${name}'`);
    throw new StoreError({
      code: "PackageMissing",
      vendorCode: isMissing ? "ERR_MODULE_NOT_FOUND" : "ERR_MODULE_BROKEN",
      property,
      what: isMissing
        ? `needs the npm package ${name}, which is not installed`
        : `the npm package ${name} cannot be loaded`,
      ...(isMissing ? {} : { said: thrown instanceof Error ? thrown.message : String(thrown) }),
      todo: `Run \`npm install ${name}\` in the Pulumi program's folder.`,
      cause: thrown,
    });
  }
}

/** `import()` and `require()` have different codes. */
function isModuleNotFound(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error &&
    "code" in thrown &&
    (thrown.code === "ERR_MODULE_NOT_FOUND" || thrown.code === "MODULE_NOT_FOUND")
  );
}

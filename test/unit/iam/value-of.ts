import type { Output } from "@pulumi/pulumi";

export const valueOf = <T>(output: Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

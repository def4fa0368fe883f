export type Judged = { readonly rule: string; readonly from: string; readonly to: string; readonly comment: string };
export declare function readSources(base?: string): readonly (readonly [path: string, text: string])[];
export declare function judge(
  sources: readonly (readonly [path: string, text: string])[],
  base?: string,
): Promise<readonly Judged[]>;
export declare function readDoors(base?: string): ReadonlyMap<string, string>;

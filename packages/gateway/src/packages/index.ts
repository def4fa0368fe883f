/**
 * Other people's packages in this house: looked at, taken, given to agents, changed and removed. Each is checked anew whenever it is
 * read, each change is on record before it is made, and with a plugin goes everything of it. It must never run or show anything of a
 * package whose digest and signature were not checked, nor decide what may happen: that is the guard's, for plugins as for all.
 * Called by the operations of packages, plugins, skills and signers, and by the wiring.
 */
export { openPackages } from "./open-packages.ts";
export type { OpenPackages } from "./open-packages.ts";
export type { PackageDesk } from "./package-desk.ts";

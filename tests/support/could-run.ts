/** Files that say what runs, by the whole name; written without looking at the product's list. */
const NAMES = new Set(
  `package.json package-lock.json yarn.lock pnpm-lock.yaml makefile gnumakefile justfile rakefile gemfile cmakelists.txt setup.py setup.cfg
  pyproject.toml conftest.py tox.ini noxfile.py cargo.toml build.rs build.gradle pom.xml dockerfile vagrantfile procfile jenkinsfile
  sitecustomize.py configure`.split(/\s+/),
);
const SHAPES =
  /\.(sh|bash|zsh|fish|command|bat|cmd|ps1|desktop|service|timer|pth|mk|code-workspace)$|\.config\.[cm]?[jt]s$|^docker-compose\.ya?ml$/;
/** Hidden files that nobody runs and nothing reads to run. */
const QUIET = new Set([
  ".gitignore",
  ".gitkeep",
  ".editorconfig",
  ".prettierignore",
  ".dockerignore",
  ".npmignore",
  ".keep",
]);

/**
 * Whether what stands at a path of a workspace could run there later: by its name as a file system without case would find it, by a bit
 * that lets it run, or because it is no plain file. `what` is how `photograph` tells of it: a mode and a hash, a link, or a folder.
 */
export const couldRun = (path: string, what: string): boolean => {
  if (what.startsWith("->") || what === "special") return true;
  const isFolder = what.startsWith("folder");
  // Some systems drop points and blanks at the end of a name, and take no notice of letters that nobody sees.
  const plain = path
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .toLowerCase();
  const parts = plain.split("/").map((part) => part.replace(/[. ]+$/, ""));
  const name = parts.at(-1) ?? "";
  if (!isFolder && (Number.parseInt(what, 8) & 0o111) !== 0) return true;
  const isHidden = parts.some((part) => part.startsWith(".") && !QUIET.has(part));
  return (
    !isFolder &&
    (isHidden || NAMES.has(name) || SHAPES.test(name) || parts.includes("hooks") || parts.includes("node_modules"))
  );
};

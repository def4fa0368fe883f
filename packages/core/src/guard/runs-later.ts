import type { ResolvedResource } from "@moltbot/contracts";
import { oncePerText } from "./once.ts";

/** Names that begin with a point and neither run nor say what does; every other one is taken to. */
const QUIET = new Set([
  ".dockerignore",
  ".editorconfig",
  ".eslintignore",
  ".gitignore",
  ".gitkeep",
  ".keep",
  ".mailmap",
  ".nojekyll",
  ".npmignore",
  ".prettierignore",
]);

/** Folders whose files are run, by whatever name. */
const FOLDERS = new Set(["node_modules", "site-packages", "dist-packages", "autostart"]);

/**
 * Files that build tools, package managers, test runners and CI services run, or read what to run from; in lower case. `head` and
 * `config`: with two folders beside them any folder is a repository, whose settings git obeys.
 */
const NAMES = `
  package.json package-lock.json npm-shrinkwrap.json pnpm-lock.yaml pnpm-workspace.yaml yarn.lock bun.lock bun.lockb
  lerna.json nx.json turbo.json deno.json deno.jsonc deno.lock bower.json composer.json composer.lock
  makefile gnumakefile bsdmakefile justfile procfile jenkinsfile vagrantfile brewfile rakefile gemfile gemfile.lock podfile fastfile
  tiltfile earthfile cmakelists.txt cmakepresets.json meson.build configure configure.ac configure.in sconstruct sconscript wscript
  build workspace build.bazel workspace.bazel module.bazel build.xml build.sbt build.rs build.zig cargo.toml cargo.lock go.mod go.work
  pom.xml gradlew mvnw setup.py setup.cfg pyproject.toml conftest.py tox.ini noxfile.py pytest.ini pipfile pipfile.lock poetry.lock
  uv.lock tasks.py fabfile.py sitecustomize.py usercustomize.py manage.py mix.exs rebar.config dune-project project.clj stack.yaml
  package.swift pubspec.yaml cloudbuild.yaml cloudbuild.yml appveyor.yml bitbucket-pipelines.yml azure-pipelines.yml buildspec.yml
  skaffold.yaml netlify.toml vercel.json wrangler.toml flake.lock crontab autorun.inf desktop.ini authorized_keys
  head config lefthook.yml lefthook.yaml mise.toml nodemon.json project.json rush.json build.ninja plugins.sbt ansible.cfg
  ecosystem.json pnpmfile.cjs pnpmfile.mjs guardfile capfile hatch_build.py plopfile.js conanfile.py bitrise.yml bitrise.yaml
  codemagic.yaml codemagic.yml wercker.yml circle.yml session.vim
  `
  .trim()
  .split(/\s+/);

/** Any of these, as one expression: a change may be of thousands of files. */
const anyOf = (...shapes: readonly RegExp[]): RegExp =>
  new RegExp(shapes.map(({ source }) => `(?:${source})`).join("|"));

/** Those names, whole, and how others begin. */
const BEGINNINGS = anyOf(
  new RegExp(`^(?:${NAMES.join("|").replaceAll(".", "\\.")})$`),
  /^(?:docker|container)file(?:\.|$)/,
  /^(?:docker-|podman-)?compose(?:[.-].*)?\.ya?ml$/,
  /^(?:gulpfile|gruntfile|taskfile|dangerfile|jakefile|cakefile|snakefile)(?:\.|$)/,
  /^(?:requirements|constraints)[^/]*\.(?:txt|in)$/,
  /^(?:settings|build|init)\.gradle|^gradle.*\.properties$/,
  /^(?:makefile|vagrantfile|justfile|tiltfile|procfile|brewfile)\./,
  /^(?:azure-pipelines|cloudbuild)[^/]*\.ya?ml$/,
  /^directory\..*\.(?:props|targets)$/,
);

/** The same by how a name ends, from a point on. */
const ENDINGS = anyOf(
  /\.(?:docker|container)file$/,
  /\.(?:config|conf|setup|workspace)\.[cm]?[jt]sx?$|\.config\.json$/,
  /\.gradle(?:\.kts)?$/,
  /\.(?:mk|mak|am|m4|ac|cmake|bzl|bazel|nix|gemspec|podspec|cabal|rake|sln|slnx|props|targets|[a-z]*proj|code-workspace|sublime-project|sublime-build|xcscheme)$/,
  /\.(?:sh|bash|zsh|fish|csh|ksh|command|tool|bat|cmd|ps1|psm1|psd1|vbs|vbe|wsf|wsh|hta|jse|scpt|applescript|workflow|ahk|pth)$/,
  /\.(?:exe|com|scr|pif|msi|msc|cpl|dll|so|dylib|jar|app|appimage|deb|rpm|pkg|lnk|url|scf|reg|inf|desktop|service|timer|socket|plist)$/,
  /\.so\.[0-9.]+$/,
);

/** As file systems that know no case and compose letters compare: what is one file there must be one name here. */
const folded = (path: string): string =>
  /[^ -~]/.test(path) ? path.normalize("NFKC").toLowerCase().normalize("NFKC") : path.toLowerCase();

/** Steps that lead nowhere else, or one up, which no path of a workspace has. */
const isNoStep = (part: string): boolean => /^\.{0,2}$/.test(part);

const isRunName = (name: string): boolean => BEGINNINGS.test(name) || (name.includes(".") && ENDINGS.test(name));

/** What the folders of a file say of it; they end with `/`, or there are none. */
const readFolders = (folders: string) => {
  const parts = folders.split("/").filter((part) => !isNoStep(part));
  return {
    runs: parts.some((part) => part.startsWith(".") || part.endsWith(".git") || FOLDERS.has(part)),
    isHooks: parts.at(-1) === "hooks",
  };
};

/** The path in one spelling, up to the name that it ends with: a step that is none names nothing. */
const plain = (path: string): string => {
  let whole = folded(path);
  while ((whole.endsWith("/") || whole.endsWith(".")) && isNoStep(whole.slice(whole.lastIndexOf("/") + 1)))
    whole = whole.slice(0, Math.max(0, whole.lastIndexOf("/")));
  return whole;
};

/** One for all files of a change: most lie in the same few folders, which are read once. */
const createReader = (): ((path: string) => boolean) => {
  const known = oncePerText(readFolders);
  let folders = "";
  let above = known(folders);
  return (path) => {
    const whole = plain(path);
    const start = whole.lastIndexOf("/") + 1;
    if (start !== folders.length || !whole.startsWith(folders)) {
      folders = whole.slice(0, start);
      above = known(folders);
    }
    const name = whole.slice(start);
    // Git runs hooks by names without an ending; "use-clock.ts" in a folder of that name is something else.
    if (above.runs || (above.isHooks && !name.includes("."))) return true;
    if (name.startsWith(".") && !QUIET.has(name)) return true;
    // Some systems have short names for long ones, such as GIT~1, and drop final points and blanks.
    return (
      (whole.includes("~") && /~[0-9]/.test(whole)) ||
      isRunName(name.endsWith(".") || name.endsWith(" ") ? name.replace(/[. ]+$/, "") : name)
    );
  };
};

/**
 * Whether a path of a workspace names something that runs by itself later, or decides what does: hooks, files that begin with a
 * point, scripts, build and CI files. What is not known to be quiet among the hidden ones counts.
 */
export const runsLater = (path: string): boolean => createReader()(path);

/**
 * Whether a change of what the call points at changes what runs on this machine. Only of writes and commits: a call that runs a
 * program points at one too, and changes nothing of it.
 */
export const changesWhatRuns = (resources: readonly ResolvedResource[]): boolean => {
  const isRunLater = createReader();
  return resources.some(
    ({ kind, value, executable }) =>
      kind === "executable" || (kind === "path" && (executable === true || isRunLater(value))),
  );
};

// Bundles styles and scripts into the folder given as argument (default: static/dist), each file named after its
// content, and writes manifest.json: logical name → file. Templates ask for files by their logical name only.
import { readFile, writeFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as sass from "sass";

const source = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(source, "../..");
const target = path.resolve(process.argv[2] ?? path.join(root, "static/dist"));

const scss = {
  name: "scss",
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path: file }) => {
      const { css, loadedUrls } = sass.compile(file, {
        loadPaths: [path.join(root, "node_modules")],
        quietDeps: true, // KERN-UX still uses syntax that Sass advises against.
      });
      return { contents: css, loader: "css", resolveDir: source, watchFiles: loadedUrls.map((url) => fileURLToPath(url)) };
    });
  },
};

const result = await esbuild.build({
  absWorkingDir: root,
  entryPoints: [
    "static/src/app.js", // Brings htmx along.
    "static/src/editor.js", // CodeMirror, only where something is edited.
    "static/src/studio.js", // The authors' editor.
    "static/src/theme.js", // Runs before the first paint, so it must stay tiny and apart.
    "static/src/app.scss",
    ...["icons.svg", "favicon.svg", "logo.svg"].map((name) => `static/src/images/${name}`),
  ],
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox120", "safari17.5"], // The first that know light-dark().
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "copy" },
  plugins: [scss],
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [file, { entryPoint }] of Object.entries(result.metafile.outputs)) {
  const name = path.basename(file).replace(/-[A-Z0-9]{8}(?=\.\w+$)/, "");
  if (entryPoint || file.endsWith(".woff2") || file.endsWith(".svg")) manifest[name] = path.basename(file);
}
await mkdir(target, { recursive: true });
await writeFile(path.join(target, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + "\n");
await writeFile(path.join(target, "LICENSE-KERN-UX.md"), await readFile(path.join(root, "node_modules/@kern-ux/native/LICENSE.md")));

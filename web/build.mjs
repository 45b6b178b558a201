// Builds the bundles that the package carries: `node build.mjs`. With `--check` nothing is written: what is committed is compared
// byte by byte. With `--test`, the tests of node are built into out/test. Output holds no path of a machine and no time, so that two
// builds of one tree are equal.
import { build } from "esbuild";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

const COMMITTED = "../gex_assets/pages/web";
const common = { bundle: true, target: "es2022", charset: "utf8", legalComments: "inline", logLevel: "warning" };

async function bundles() {
    // The worker travels inside the page as text: a file opened from disk may load no second file.
    const worker = await build({ ...common, entryPoints: ["src/data/worker.ts"], format: "iife", minify: true, write: false });
    const define = { WORKER_SOURCE: JSON.stringify(worker.outputFiles[0].text) };
    const entryPoints = ["src/heatmap.ts", "src/heatmap.css", "src/chain.ts"];
    const made = await build({ ...common, entryPoints, format: "iife", minify: true, define, outdir: "out/page", write: false });
    return made.outputFiles.map((file) => ({ path: `${COMMITTED}/${basename(file.path)}`, contents: file.contents }));
}

async function tests() {
    const options = { ...common, platform: "node", format: "esm", outExtension: { ".js": ".mjs" } };
    const entryPoints = readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
    rmSync("out", { recursive: true, force: true });
    await build({ ...options, entryPoints, outdir: "out/test" });
    await build({ ...options, entryPoints: ["test/made_up_page.ts"], outdir: "out" });
}

if (process.argv.includes("--test")) await tests();
else {
    for (const { path, contents } of await bundles()) {
        if (!process.argv.includes("--check")) {
            mkdirSync(COMMITTED, { recursive: true });
            writeFileSync(path, contents);
        } else if (!existsSync(path) || !readFileSync(path).equals(Buffer.from(contents))) {
            console.error(`${basename(path)}: Expected the bundle of these sources, was another: run make web and commit it`);
            process.exitCode = 1;
        }
    }
}

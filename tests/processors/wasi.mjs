// Runs a test binary of WebAssembly: node wasi.mjs BINARY ARGUMENTS...
import { readFile } from 'node:fs/promises';
import { argv, env, exit } from 'node:process';
import { WASI } from 'node:wasi';

const [, , binary, ...rest] = argv;
// Nothing but files is shared with the system, under the names that they have there.
const wasi = new WASI({ version: 'preview1', args: [binary, ...rest], env, preopens: { '/': '/' }, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(binary));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
exit(wasi.start(instance));

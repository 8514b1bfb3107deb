// The browser's side of tests/it/browser: fetches one request after another from the test, has gpu.js do it, and sends the
// answer along when it fetches the next. An answer is 0 and bytes, or 1 and a message.

function packed(status, bytes) {
  return new Blob([new Uint32Array([status]), bytes]);
}

async function main() {
  let gpu = null;
  let reply = null;
  try {
    gpu = await openGpu();
    gpu.device.lost.then(({ message }) => console.error(`device lost: ${message}`));
    reply = packed(0, gpu.name);
  } catch (error) {
    reply = packed(1, error.message);
  }
  for (;;) {
    const response = await fetch("next", { method: "POST", body: reply });
    const request = await response.arrayBuffer();
    try {
      reply = packed(0, await answered(gpu, request));
    } catch (error) {
      reply = packed(1, error.message);
    }
  }
}

main();

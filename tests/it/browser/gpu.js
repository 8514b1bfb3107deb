// WebGPU for a program that cannot ask it: makes pipelines and runs dispatches as it is told. It serves the page of this test
// and the page in the browser (page/). A request is the length of a JSON text, the text, zeros up to a multiple of 4, and bytes
// for buffers.

const ENTRIES = ["read-only-storage", "read-only-storage", "storage", "read-only-storage", "uniform"];

// Limits and features of any WebGPU: nothing is asked for.
async function openGpu() {
  if (!navigator.gpu) {
    throw new Error(isSecureContext ? "this browser has no WebGPU" : "browsers have WebGPU for pages from a disk, localhost or https alone");
  }
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) {
    throw new Error("WebGPU has no adapter here");
  }
  const device = await adapter.requestDevice();
  const layout = device.createBindGroupLayout({
    entries: ENTRIES.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } })),
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const { vendor, architecture, description } = adapter.info;
  const name = [vendor, architecture, description].filter((text) => text).join(" ") || "a GPU without a name";
  return { device, layout, pipelineLayout, name, pipelines: new Map() };
}

// Runs `f` and throws whatever the device objects to in it.
async function scoped(device, f) {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("internal");
  device.pushErrorScope("validation");
  const value = await f();
  const errors = [];
  for (let i = 0; i < 3; i += 1) {
    errors.push(await device.popErrorScope());
  }
  const error = errors.find((error) => error);
  if (error) {
    throw error;
  }
  return value;
}

// With `constants` a pipeline is made, too. Where it is `strict`, warnings count as well.
async function compile(gpu, { id, wgsl, constants, strict }) {
  await scoped(gpu.device, async () => {
    const module = gpu.device.createShaderModule({ code: wgsl });
    const { messages } = await module.getCompilationInfo();
    const bad = messages.filter(({ type }) => strict || type === "error");
    if (bad.length > 0) {
      throw new Error(bad.map((m) => `${m.type} in line ${m.lineNum}: ${m.message}`).join("\n"));
    }
    if (constants) {
      const compute = { module, entryPoint: "main", constants };
      const pipeline = await gpu.device.createComputePipelineAsync({ layout: gpu.pipelineLayout, compute });
      if (id !== null) {
        gpu.pipelines.set(id, pipeline);
      }
    }
  });
  return new ArrayBuffer(0);
}

// `sizes` are the bytes of each binding, which follow each other. The answer is what binding 2 holds afterwards.
async function dispatch(gpu, { id, sizes, groups }, bytes) {
  const { device } = gpu;
  const buffer = (size, usage) => device.createBuffer({ size, usage });
  return scoped(device, async () => {
    let start = 0;
    const buffers = sizes.map((size, binding) => {
      const kind = ENTRIES[binding] === "uniform" ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
      const made = buffer(size, kind | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC);
      device.queue.writeBuffer(made, 0, bytes, start, size);
      start += size;
      return made;
    });
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(gpu.pipelines.get(id));
    pass.setBindGroup(0, device.createBindGroup({ layout: gpu.layout, entries }));
    pass.dispatchWorkgroups(...groups);
    pass.end();
    const readback = buffer(sizes[2], GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    encoder.copyBufferToBuffer(buffers[2], 0, readback, 0, sizes[2]);
    device.queue.submit([encoder.finish()]);
    await readback.mapAsync(GPUMapMode.READ);
    const result = readback.getMappedRange().slice();
    [...buffers, readback].forEach((buffer) => buffer.destroy());
    return result;
  });
}

async function answered(gpu, request) {
  const length = new Uint32Array(request, 0, 1)[0];
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(request, 4, length)));
  const bytes = request.slice(4 + Math.ceil(length / 4) * 4);
  return header.wgsl === undefined ? dispatch(gpu, header, bytes) : compile(gpu, header);
}

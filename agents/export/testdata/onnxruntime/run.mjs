// Runs DIR/policy.onnx with ONNX Runtime on DIR/obs.bin (float32) and
// DIR/mask.bin (one byte a value) and writes DIR/logits.bin (float32) and
// DIR/action.bin (int32). Usage: node run.mjs DIR ROWS FIELDS ACTIONS
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';

const [dir, rows, fields, actions] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const bytes = (name) => new Uint8Array(readFileSync(join(dir, name)));

const session = await ort.InferenceSession.create(join(dir, 'policy.onnx'));
const { logits, action } = await session.run({
  obs: new ort.Tensor('float32', new Float32Array(bytes('obs.bin').buffer), [rows, fields]),
  mask: new ort.Tensor('bool', bytes('mask.bin'), [rows, actions]),
});
writeFileSync(join(dir, 'logits.bin'), new Uint8Array(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength));
writeFileSync(join(dir, 'action.bin'), new Uint8Array(Int32Array.from(action.data, Number).buffer));

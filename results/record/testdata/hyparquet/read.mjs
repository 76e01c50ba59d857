// Prints what hyparquet sees in FILE, as one JSON object: the number of rows,
// the columns, and for each column the sum of its numbers (NaN left out), or
// the number of distinct texts. Usage: node read.mjs FILE
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const file = await asyncBufferFromFile(process.argv[2]);
const metadata = await parquetMetadataAsync(file);
const columns = parquetSchema(metadata).children.map((c) => c.element.name);
const rows = await parquetReadObjects({ file, metadata, compressors });
const sums = {};
for (const column of columns) {
  const values = rows.map((row) => row[column]);
  if (values.every((v) => typeof v === 'string')) {
    sums[column] = new Set(values).size;
  } else {
    sums[column] = values.map(Number).filter((v) => !Number.isNaN(v)).reduce((a, b) => a + b, 0);
  }
}
console.log(JSON.stringify({ rows: rows.length, columns, sums }));

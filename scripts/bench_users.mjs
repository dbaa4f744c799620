// Users of the shop by a straightforward Node script: the functions and the way of a widely used pattern of generators
// that multiply seed records (one record at a time, values by a switch over strategies, batches through csv-writer).
// Arguments: the CSV file. NODE_MODULES names the folder in which npm has installed csv-writer, js-yaml and uuid.
import { createRequire } from "node:module";
import fs from "node:fs";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const yaml = require("js-yaml");
const { createObjectCsvWriter } = require("csv-writer");
const { v4: uuidv4 } = require("uuid");

const loadYaml = (path) => yaml.load(fs.readFileSync(path, "utf8"));

function generateValue(strategy, index, seed, context) {
  switch (strategy.strategy) {
    case "uuid_v4":
      return uuidv4();
    case "template":
      return interpolateTemplate(strategy.template, index, seed, strategy.sources);
    case "seed_pool":
    case "seed_pool_weighted":
      return selectFromPool(seed, strategy.field_name, strategy.distribution, strategy.alpha ?? 1.5);
    case "normal_distribution":
      return normalRandom(strategy.mean, strategy.stddev, strategy.min, strategy.max, strategy.type);
    case "distribute_range":
      return distributeInRange(index, strategy.target_count, strategy.range_start, strategy.range_end);
    case "derive_from_field":
      return deriveFromField(context[strategy.base_field], strategy);
    default:
      throw new Error(`Unknown strategy: ${strategy.strategy}`);
  }
}

function interpolateTemplate(template, index, seed, sources) {
  let result = template;
  for (const key of Object.keys(sources)) {
    const pool = seed.records.map((record) => record[key]).filter(Boolean);
    result = result.replace(`{${key}}`, pool[Math.floor(Math.random() * pool.length)]);
  }
  return result.replace("{index}", String(index));
}

function selectFromPool(seed, fieldName, distribution, alpha) {
  const pool = seed.records.map((record) => record[fieldName]).filter(Boolean);
  if (distribution === "zipf") return pool[zipfRandom(pool.length, alpha)];
  return pool[Math.floor(Math.random() * pool.length)];
}

function normalRandom(mean, stddev, min, max, type) {
  let value;
  do {
    const z = Math.sqrt(-2 * Math.log(Math.random())) * Math.cos(2 * Math.PI * Math.random());
    value = mean + stddev * z;
  } while (value < min || value > max);
  return type === "integer" ? Math.round(value) : Number(value.toFixed(2));
}

function distributeInRange(index, totalCount, rangeStart, rangeEnd) {
  const start = new Date(rangeStart).getTime();
  const end = new Date(rangeEnd).getTime();
  return new Date(start + (end - start) * (index / totalCount)).toISOString();
}

function deriveFromField(baseValue, strategy) {
  const days = (duration) => parseInt(duration, 10) * 24 * 60 * 60 * 1000;
  const [min, max] = [days(strategy.min_duration), days(strategy.max_duration)];
  return new Date(new Date(baseValue).getTime() + min + Math.random() * (max - min)).toISOString();
}

function zipfRandom(n, alpha) {
  const harmonicSum = Array.from({ length: n }, (_, i) => 1 / Math.pow(i + 1, alpha)).reduce((a, b) => a + b, 0);
  const random = Math.random() * harmonicSum;
  let cumulative = 0;
  for (let i = 0; i < n; i++) {
    cumulative += 1 / Math.pow(i + 1, alpha);
    if (random <= cumulative) return i;
  }
  return 0;
}

const config = loadYaml("configs/shop/users_multiply.yaml");
const seed = loadYaml("seeds/shop/users_seed.yaml");
const header = Object.keys(config.field_strategies).map((key) => ({ id: key, title: key }));
const csvWriter = createObjectCsvWriter({ path: process.argv[2], header });
let generated = 0;
while (generated < config.target_count) {
  const batch = [];
  for (let i = 0; i < Math.min(config.batch_size, config.target_count - generated); i++) {
    const record = {};
    for (const [field_name, strategy] of Object.entries(config.field_strategies)) {
      const asked = { ...strategy, field_name, target_count: config.target_count };
      record[field_name] = generateValue(asked, generated + i, seed, record);
    }
    batch.push(record);
  }
  await csvWriter.writeRecords(batch);
  generated += batch.length;
}
console.log(generated);

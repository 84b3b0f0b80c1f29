// Makes calls with the AWS SDK for JavaScript: a line of JSON in {service, command, region, endpoint, credentials,
// input}, a line out {output} or {error}. Bytes are {"$bytes": base64} both ways.
import * as ebs from "@aws-sdk/client-ebs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as kms from "@aws-sdk/client-kms";
import * as sts from "@aws-sdk/client-sts";
import readline from "node:readline";

const services = {
  ebs: [ebs, ebs.EBSClient],
  ec2: [ec2, ec2.EC2Client],
  kms: [kms, kms.KMSClient],
  sts: [sts, sts.STSClient],
};
const clients = new Map();

function clientFor({ service, region, endpoint, credentials }) {
  const key = [service, region, endpoint, credentials.accessKeyId].join(" ");
  if (!clients.has(key)) {
    clients.set(key, new services[service][1]({ region, endpoint, credentials, maxAttempts: 1 }));
  }
  return clients.get(key);
}

function fromJson(name, value) {
  return value?.$bytes === undefined ? value : Buffer.from(value.$bytes, "base64");
}

async function toJson(output) {
  const out = {};
  for (const [name, value] of Object.entries(output)) {
    if (name === "$metadata") continue;
    const isStream = typeof value?.transformToByteArray === "function";
    const bytes = isStream ? await value.transformToByteArray() : value;
    out[name] = bytes instanceof Uint8Array ? { $bytes: Buffer.from(bytes).toString("base64") } : value;
  }
  return out;
}

async function call(request) {
  const Command = services[request.service][0][request.command + "Command"];
  try {
    return { output: await toJson(await clientFor(request).send(new Command(request.input))) };
  } catch (error) {
    const { name, message, Reason: reason } = error;
    return { error: { name, message, reason, status: error.$metadata?.httpStatusCode } };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line, fromJson))));
}

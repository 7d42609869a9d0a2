// Manages people and groups with GitHub's client, at the paths of GitHub's SCIM for enterprises,
// and prints what it saw. Arguments: the API's URL, a token.
import { Octokit } from "@octokit/core";

const [baseUrl, token] = process.argv.slice(2);
const USERS = "/scim/v2/enterprises/{enterprise}/Users";
const GROUPS = "/scim/v2/enterprises/{enterprise}/Groups";
const USER = `${USERS}/{id}`;
const GROUP = `${GROUPS}/{id}`;
const CORE = "urn:ietf:params:scim:schemas:core:2.0";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const enterprise = "acme";

const octokit = new Octokit({ baseUrl });
octokit.hook.before("request", (options) => {
  options.headers.authorization = `Bearer ${token}`;
});

async function ask(route, parameters) {
  const { data } = await octokit.request(route, { enterprise, ...parameters });
  return data;
}

async function all(route, count) {
  const found = [];
  let page;
  do {
    page = await ask(`GET ${route}`, { count, startIndex: found.length + 1 });
    found.push(...page.Resources.map((resource) => resource.id));
  } while (found.length < page.totalResults);
  return found;
}

async function refusal(asked) {
  const error = await asked.then(() => ({}), (raised) => raised);
  return { status: error.status, detail: error.response?.data?.detail };
}

function patch(...Operations) {
  return { schemas: [PATCH], Operations };
}

async function main() {
  const unasked = new Octokit({ baseUrl, auth: token });
  const seen = {
    accept: octokit.request.endpoint(`GET ${USERS}`, { enterprise }).headers.accept,
    everybody: await all(USERS, 1000),
    paged: await all(USERS, 90),
    groups: await all(GROUPS, 10),
    defaultScheme: await refusal(unasked.request(`GET ${USERS}`, { enterprise })),
  };
  const value = "olga.kit@acme.example";
  seen.created = await ask(`POST ${USERS}`, {
    schemas: [`${CORE}:User`],
    userName: value,
    externalId: "kit-1",
    active: true,
    displayName: "Olga Kit",
    name: { givenName: "Olga", familyName: "Kit", formatted: "Olga Kit" },
    emails: [{ value, type: "work", primary: true }],
  });
  const { id } = seen.created;
  seen.found = await ask(`GET ${USERS}`, { filter: `userName eq "${value}"` });
  seen.twice = await refusal(ask(`POST ${USERS}`, { schemas: [`${CORE}:User`], userName: value }));

  const team = await ask(`POST ${GROUPS}`, {
    schemas: [`${CORE}:Group`],
    displayName: "Cats",
    externalId: "cats",
    members: [{ value: id }],
  });
  seen.team = team;
  seen.member = await ask(`GET ${USER}`, { id });
  seen.takenOut = await ask(`PATCH ${GROUP}`, {
    id: team.id,
    ...patch({ op: "remove", path: `members[value eq "${id}"]` }),
  });
  seen.putIn = await ask(`PATCH ${GROUP}`, {
    id: team.id,
    ...patch({ op: "add", path: "members", value: [{ value: id }] }),
  });

  seen.replaced = await ask(`PUT ${USER}`, { ...seen.member, displayName: "Olga Cat" });
  seen.deactivated = await ask(`PATCH ${USER}`, {
    id,
    ...patch({ op: "replace", value: { active: false } }),
  });
  await ask(`DELETE ${GROUP}`, { id: team.id });
  await ask(`DELETE ${USER}`, { id });
  seen.gone = [await refusal(ask(`GET ${USER}`, { id })), await refusal(ask(`GET ${GROUP}`, team))];
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});

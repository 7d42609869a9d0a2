// Reads a workspace with a client that knows nothing of the simulation, and prints what it saw.
// Arguments: the API's URL, a user name, a password, the workspace.
const { Bitbucket } = require("bitbucket");

const [baseUrl, username, password, workspace] = process.argv.slice(2);
const client = new Bitbucket({ baseUrl, auth: { username, password }, notice: false });

async function all(list, parameters) {
  const values = [];
  let { data } = await list({ workspace, pagelen: 30, ...parameters });
  values.push(...data.values);
  while (client.hasNextPage(data)) {
    ({ data } = await client.getNextPage(data));
    values.push(...data.values);
  }
  return values;
}

async function main() {
  const { repositories, workspaces, projects, users } = client;
  const { data: found } = await workspaces.getWorkspace({ workspace });
  const { data: self } = await users.getAuthedUser({});
  const seen = {
    workspace: found.uuid,
    self: self.uuid,
    members: (await all(workspaces.getMembersForWorkspace)).map((value) => value.user.uuid),
    roles: (await all(workspaces.listPermissions)).map((value) => [
      value.user.uuid,
      value.permission,
    ]),
    owners: (await all(workspaces.listPermissions, { q: 'permission="owner"' })).map(
      (value) => value.user.uuid,
    ),
    projects: (await all(workspaces.getProjects)).map((value) => value.key),
    repositories: (await all(repositories.list)).map((value) => value.slug),
    effective: (await all(workspaces.listPermissionsForRepositories)).map((value) => [
      value.user.uuid,
      value.repository.uuid,
      value.permission,
    ]),
    grants: [],
  };
  for (const repo_slug of seen.repositories) {
    for (const value of await all(repositories.listUserPermissions, { repo_slug })) {
      seen.grants.push([value.user.uuid, value.repository.uuid, value.permission]);
    }
    for (const value of await all(repositories.listGroupPermissions, { repo_slug })) {
      seen.grants.push([value.group.slug, value.repository.uuid, value.permission]);
    }
  }
  for (const project_key of seen.projects) {
    for (const value of await all(projects.listUserPermissions, { project_key })) {
      seen.grants.push([value.user.uuid, value.project.uuid, value.permission]);
    }
    for (const value of await all(projects.listGroupPermissions, { project_key })) {
      seen.grants.push([value.group.slug, value.project.uuid, value.permission]);
    }
  }
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});

// scimmy-routers over a store in memory, filled beforehand.
//
// The handlers do what its documentation shows: one resource by its id, or those that a filter
// matches, of which the store hands out the page that is asked for.

import {readFileSync} from "node:fs";

import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const {POPULATION, PORT, TOKEN} = process.env;
const population = JSON.parse(readFileSync(POPULATION, "utf8"));

// What SCIMMY would refuse: types of roles, of which it knows none; filters by an attribute that
// somebody has nothing of.
for (const user of population.users) {
  user.roles?.forEach((role) => delete role.type);
  user.entitlements ??= [];
}

class Store {
  constructor(resources) {
    this.all = resources;
    this.byId = new Map(resources.map((each) => [each.id, each]));
    this.byName = new Map(resources.map((each) => [each.userName?.toLowerCase(), each]));
  }

  read({id, filter, constraints}) {
    if (id) {
      const found = this.byId.get(id);
      if (!found) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
      return found;
    }
    return page(this.matching(filter), constraints);
  }

  matching(filter) {
    if (!filter) return this.all;
    // As the index of any database would.
    const name = /^userName eq "([^"\\]*)"$/i.exec(filter.expression)?.[1];
    if (name === undefined) return filter.match(this.all);
    const found = this.byName.get(name.toLowerCase());
    return found ? [found] : [];
  }
}

// A list that is as long as all that matches and holds but one page: SCIMMY's own paging
// leaves that as it is, but for a page that begins among the first ones.
function page(matching, {startIndex = 1, count = 20, sortBy} = {}) {
  if (sortBy) return matching;
  const begin = startIndex > count ? startIndex - 1 : 0;
  const found = matching.slice(begin, startIndex - 1 + count);
  found.length = matching.length;
  return found;
}

function readOnly() {
  throw new SCIMMY.Types.Error(501, null, "Only reading is measured");
}

for (const [type, resources] of [
  [SCIMMY.Resources.User, population.users],
  [SCIMMY.Resources.Group, population.groups],
]) {
  const store = new Store(resources);
  SCIMMY.Resources.declare(type)
    .ingress(readOnly)
    .egress((resource) => store.read(resource))
    .degress(readOnly);
}

const app = express();
app.use(
  "/scim",
  new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
      if (request.header("Authorization") !== `Bearer ${TOKEN}`) throw new Error("No token");
      return "benchmark";
    },
  }),
);
app.listen(Number(PORT), "127.0.0.1");

// Shows the description beside this page. The token is kept in this page alone, until it is closed.
SwaggerUIBundle({
  url: "openapi.json",
  domNode: document.getElementById("description"),
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
});

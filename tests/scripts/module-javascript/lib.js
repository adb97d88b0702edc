const axios = require("axios");

const ask = (verb, place) => axios({ method: verb, url: "https://graph.microsoft.com/beta/" + place });

module.exports = { ask };
exports.drop = async function (place) {
  return ask("DELETE", place);
};

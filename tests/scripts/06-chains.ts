// AUTH: app
const credential = new ClientSecretCredential(tenant, id, secret);
class Policies {
  private endpoint = "/deviceManagement/deviceCompliancePolicies";
  async create(body: object) {
    return this.client.api(this.endpoint).version("beta").post(body); // MAA: compliancePolicy create
  }
  async read() {
    return this.client.api(this.endpoint).get();
  }
}
export const drop = (id: string) => client.deviceManagement.roleAssignments.byRoleAssignmentId(id).delete(); // MAA: role delete

// APPROVAL: broken
// PROBLEM: plain-justification
import axios from 'axios';
axios.interceptors.request.use((config) => {
  config.headers['x-msft-approval-justification'] = 'monthly patch for the app';
  return config;
});
await axios.delete('https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1'); // MAA: app delete

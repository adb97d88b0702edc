const app = express();
const router = express.Router();
app.delete('/deviceAppManagement/mobileApps/:id', remove);
router.post('/deviceAppManagement/mobileApps', create);
router.patch('/deviceManagement/deviceManagementScripts/:id', change);
const seen = new Set();
seen.delete('deviceAppManagement/mobileApps');
redis.delete('deviceManagement/deviceManagementScripts');

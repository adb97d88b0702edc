APPS = "deviceAppManagement/mobileApps"

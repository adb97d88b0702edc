"""Deletes https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/{id}."""
import logging
import responses

logging.info("DELETE https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1")
# requests.delete("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1")
responses.add(responses.DELETE, "https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/1")
requests_mock.post("https://graph.microsoft.com/beta/deviceAppManagement/mobileApps")
requests.post("https://graph.microsoft.com/beta/deviceManagement/reports/getReportFilters", json={})
requests.post("https://graph.microsoft.com/v1.0/$batch", json={"requests": [{"id": 1, "method": "GET", "url": "/deviceAppManagement/mobileApps"}]})

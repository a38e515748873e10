"""Microsoft.Logic: workflows of Logic Apps on the Consumption plan, which really run on their schedule."""
